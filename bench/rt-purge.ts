/** What somebody who knows Request Tracker 5 would write for one rule and one purge: no locks, no batches, no books. */
export const RT_PURGE = `
begin;
set local jit = off;
set local client_min_messages = warning;
create temporary table t on commit drop as
  select id from tickets t where type = 'ticket' and effectiveid = id and coalesce(ismerged, 0) = 0 and status = 'resolved'
    and resolved > '1970-01-01' and resolved <= timestamp '2023-11-21'
    and not exists (select from links l join tickets b on b.id = l.localbase
                    where l.localtarget = t.id and b.id <> t.id and b.status in ('new', 'open', 'stalled'))
    and not exists (select from links l join tickets b on l.base = 'fsck.com-rt://lab.example/ticket/' || b.id
                    where l.target = 'fsck.com-rt://lab.example/ticket/' || t.id and l.target <> l.base
                      and b.status in ('new', 'open', 'stalled'));
insert into t select id from tickets where effectiveid in (select id from t) and id not in (select id from t);
insert into t select r.id from tickets r join links l on l.localbase = r.id and l.type = 'RefersTo'
  where r.type = 'reminder' and l.localtarget in (select id from t) except select id from t;
create temporary table uri on commit drop as select 'fsck.com-rt://lab.example/ticket/' || id as uri, id::text as number from t;
create temporary table g on commit drop as
  select id from groups where domain = 'RT::Ticket-Role' and instance in (select id from t);
analyze t; analyze uri; analyze g;
create temporary table x on commit drop as
  select id from transactions where objecttype = 'RT::Ticket' and objectid in (select id from t)
  union select id from transactions where objecttype = 'RT::Group' and objectid in (select id from g)
  union select id from transactions where type in ('AddLink', 'DeleteLink') and newvalue in (select uri from uri)
  union select id from transactions where type in ('AddLink', 'DeleteLink') and oldvalue in (select uri from uri)
  union select id from transactions where type in ('AddReminder', 'OpenReminder', 'ResolveReminder')
    and newvalue in (select number from uri);
analyze x;
create temporary table a on commit drop as
  with recursive tree as (
    select id from attachments where transactionid in (select id from x)
    union select c.id from attachments c join tree on c.parent = tree.id)
  select id from tree;
analyze a;
delete from attachmentsindex where id in (select id from a);
delete from attachments where id in (select id from a);
delete from objectcustomfieldvalues where objecttype = 'RT::Ticket' and objectid in (select id from t)
  or objecttype = 'RT::Transaction' and objectid in (select id from x)
  or objecttype = 'RT::Group' and objectid in (select id from g);
delete from attributes where objecttype = 'RT::Ticket' and objectid in (select id from t)
  or objecttype = 'RT::Transaction' and objectid in (select id from x)
  or objecttype = 'RT::Group' and objectid in (select id from g);
delete from links where base in (select uri from uri) or target in (select uri from uri)
  or localbase in (select id from t) or localtarget in (select id from t);
delete from transactions where id in (select id from x);
delete from groupmembers where groupid in (select id from g);
delete from cachedgroupmembers where groupid in (select id from g);
delete from acl where principalid in (select id from g);
delete from principals where principaltype = 'Group' and id in (select id from g);
delete from groups where id in (select id from g);
delete from tickets where id in (select id from t);
commit`;
