import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { fixedClock } from '../../src/core/clock.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import { freshDatabase, type Admin } from '../support/database.js';
import {
  approver,
  checksums,
  closeDesks,
  column,
  officer,
  openDesk,
  operator,
  shown,
} from '../support/small-desk.js';

const DATA = fileURLToPath(new URL('../../../shared/data/request-tracker/rt5.sql.gz', import.meta.url));
const POLICIES = new URL('../../policies/', import.meta.url);
const AS_OF = '2026-11-21T00:00:00Z';
const POLICY = 'rt-resolved-three-years';

const json = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(path, POLICIES), 'utf8')) as Record<string, unknown>;

/** The rule by hand, from the words of the issue and not from map or policy. */
const DUE = `with used as materialized (
    select b.id, l.localtarget, l.target
    from links l join tickets b on b.id = l.localbase or l.base = 'fsck.com-rt://lab.example/ticket/' || b.id
    where b.status in ('new', 'open', 'stalled'))
  select t.id from tickets t
  where t.status = 'resolved' and t.type = 'ticket' and t.effectiveid = t.id and coalesce(t.ismerged, 0) = 0
    and t.resolved > '1970-01-01' and t.resolved <= timestamp '2023-11-21 00:00:00'
    and not exists (
      select from used
      where used.id <> t.id and (used.localtarget = t.id or used.target = 'fsck.com-rt://lab.example/ticket/' || t.id))`;

/** The deletion by hand, in the order of the README of the data. */
const BY_HAND = `begin;
  create temp table doomed on commit drop as ${DUE};
  insert into doomed select id from tickets where effectiveid in (select id from doomed) and id not in (select id from doomed);
  insert into doomed select r.id from tickets r join links l on l.localbase = r.id and l.type = 'RefersTo'
    where r.type = 'reminder' and l.localtarget in (select id from doomed) and r.id not in (select id from doomed);
  create temp table uris on commit drop as select 'fsck.com-rt://lab.example/ticket/' || id as uri from doomed;
  create temp table roles on commit drop as select id from groups where domain = 'RT::Ticket-Role' and instance in (select id from doomed);
  create temp table history on commit drop as select id from transactions
    where objecttype = 'RT::Ticket' and objectid in (select id from doomed)
       or objecttype = 'RT::Group' and objectid in (select id from roles)
       or type in ('AddLink', 'DeleteLink') and (newvalue in (select uri from uris) or oldvalue in (select uri from uris))
       or type in ('AddReminder', 'OpenReminder', 'ResolveReminder') and newvalue in (select id::text from doomed);
  create temp table parts on commit drop as select id from attachments where transactionid in (select id from history);
  delete from attachmentsindex where id in (select id from parts);
  delete from attachments where id in (select id from parts);
  delete from objectcustomfieldvalues where objecttype = 'RT::Ticket' and objectid in (select id from doomed)
     or objecttype = 'RT::Transaction' and objectid in (select id from history) or objecttype = 'RT::Group' and objectid in (select id from roles);
  delete from attributes where objecttype = 'RT::Ticket' and objectid in (select id from doomed)
     or objecttype = 'RT::Transaction' and objectid in (select id from history) or objecttype = 'RT::Group' and objectid in (select id from roles);
  delete from transactions where id in (select id from history);
  delete from links where base in (select uri from uris) or target in (select uri from uris)
     or localbase in (select id from doomed) or localtarget in (select id from doomed);
  delete from acl where principalid in (select id from roles);
  delete from cachedgroupmembers where groupid in (select id from roles);
  delete from groupmembers where groupid in (select id from roles);
  delete from groups where id in (select id from roles);
  delete from principals where id in (select id from roles) and principaltype = 'Group';
  delete from tickets where id in (select id from doomed);
  commit`;

const tablesOf = (admin: Admin): Promise<readonly string[]> =>
  column(admin, "select 'public.' || tablename from pg_tables where schemaname = 'public'");

/** What RT's own checker prints; null where it is not installed. */
function checker(url: string): string | null {
  const { hostname, port, username, password, pathname } = new URL(url);
  const connection = {
    RT_DB_HOST: hostname,
    RT_DB_PORT: port,
    RT_DB_USER: decodeURIComponent(username),
    RT_DB_PASSWORD: decodeURIComponent(password),
    RT_DB_NAME: pathname.slice(1),
  };
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin`;
  const run = spawnSync('rt-validator-5', ['--check'], {
    env: { ...process.env, ...connection, PATH: path },
    encoding: 'utf8',
    timeout: 300_000,
  });
  return run.error ? null : run.stdout + run.stderr;
}

describe('on Request Tracker', () => {
  afterEach(closeDesks);

  it('the three-year rule takes exactly what the rule by hand takes, and leaves no row of it', async function () {
    if (!existsSync(DATA)) {
      console.log(`      skipped: ${DATA} is not here`);
      this.skip();
    }
    this.timeout(300_000);
    const dump = gunzipSync(readFileSync(DATA)).toString('utf8');
    const copy = await freshDatabase();
    await copy.admin(dump);
    const due = (await column(copy.admin, DUE)).map((id) => `ticket/${id} deleted`).sort();
    expect(due).to.have.length(479);
    await copy.admin(BY_HAND);
    const tables = await tablesOf(copy.admin);
    expect(tables).to.have.length(34);
    const expected = await checksums(copy.admin, tables);
    await copy.drop();

    const clock = fixedClock(parseInstant('2026-11-21T12:00:00Z') as Instant);
    const desk = await openDesk({
      ddl: dump,
      map: json('data-maps/request-tracker-5.json'),
      parameters: { organization: 'lab.example' },
    });
    const engine = desk.engine([json('request-tracker-5/rt-resolved-three-years.json')], clock);
    const plan = await engine.retention.plan(POLICY, officer, AS_OF);
    expect(plan.items).to.equal('479');
    await engine.retention.approve(plan.id, approver);
    const began = performance.now();
    await engine.retention.apply(plan.id, operator);
    const seconds = (performance.now() - began) / 1000;
    console.log(`      479 tickets in ${seconds.toFixed(2)} s, ${Math.round(479 / seconds)} a second`);
    expect(await shown(engine, plan.id)).to.deep.equal(due);
    expect(await checksums(desk.admin, tables)).to.deep.equal(expected);
    const orphans = 'select id from attachmentsindex where id not in (select id from attachments)';
    expect(await column(desk.admin, orphans)).to.deep.equal([]);
    const report = checker(desk.url);
    if (report === null) console.log('      RT’s own checker was not run: rt-validator-5 is not installed');
    else expect(report).to.equal('');
  });
});
