-- One published version of a policy: immutable. In force is, of each policy, the newest one whose cooling time is over and
-- that has its approvals; a newer one supersedes what still waits.
create table lethe.publication (
  number bigint generated always as identity primary key,
  id text not null unique,
  policy text not null,
  kind text not null,
  -- null: from here on the policy is removed
  digest text references lethe.version,
  published_at timestamptz not null,
  published_by text not null references lethe.actor,
  -- what it is to the version it follows: the first of an installation, one that takes no more, or one that may take more
  change text not null check (change in ('initial', 'keeps', 'takesMore')),
  -- in words, what may be taken more: names of conditions and periods, no personal data
  because jsonb not null default '[]',
  -- end of the cooling time
  not_before timestamptz not null,
  -- the cooling time of the installation when it was published (ISO 8601): a shorter one counts once this has passed
  cooling text,
  approvers int not null check (approvers >= 0),
  assurance text not null,
  role text
);
create index on lethe.publication (policy, number);

create table lethe.publication_approval (
  publication_id text not null references lethe.publication (id),
  actor_id text not null references lethe.actor,
  assurance text not null,
  roles text[] not null,
  given_at timestamptz not null,
  primary key (publication_id, actor_id)
);

-- What is published stays as it is.
create function lethe.publication_refuses() returns trigger language plpgsql as $$
begin
  raise exception 'published versions are immutable: % on lethe.% is refused', tg_op, tg_table_name using errcode = '42501';
end $$;
create trigger immutable before update or delete or truncate on lethe.publication
  for each statement execute function lethe.publication_refuses();
create trigger immutable before update or delete or truncate on lethe.publication_approval
  for each statement execute function lethe.publication_refuses();
create trigger immutable before update or delete or truncate on lethe.version
  for each statement execute function lethe.publication_refuses();

-- An approval covers this plan and these items, by somebody with these roles, until then.
alter table lethe.approval add roles text[] not null default '{}';
alter table lethe.approval add expires_at timestamptz;
-- An approval given before approvals had an end gets one from when it was given.
update lethe.approval set expires_at = given_at + interval '30 days';
alter table lethe.approval alter expires_at set not null;
alter table lethe.approval alter roles drop default;
-- Who approved before may approve again once that approval has ended: each is a row of its own.
alter table lethe.approval drop constraint approval_pkey;
alter table lethe.approval add primary key (plan_id, actor_id, given_at);

-- A plan that nobody will apply any more is withdrawn, by a person or because its policy has changed.
alter table lethe.plan drop constraint plan_state_check;
alter table lethe.plan add constraint plan_state_check
  check (state in ('planned', 'applying', 'incomplete', 'done', 'failed', 'withdrawn'));
alter table lethe.plan add withdrawn_at timestamptz;
alter table lethe.plan add withdrawn_by text references lethe.actor;
-- free text of a person: in no ledger entry, erasable
alter table lethe.plan add withdraw_reason text;
-- The role approvers need, and how long an approval is good for (ISO 8601).
alter table lethe.plan add role text;
alter table lethe.plan add valid_for text not null default 'P30D';
-- The slot of the schedule it was made for; one plan each.
alter table lethe.plan add slot timestamptz;
create unique index on lethe.plan (policy, slot);

-- A run that waits on purpose: until when, and which brake of the worker holds it.
alter table lethe.plan add rests_until timestamptz;
alter table lethe.plan add rests_because text;

-- A slot of a policy's schedule that has come: the row is the claim, whichever worker makes it first.
create table lethe.job (
  id text primary key,
  policy text not null,
  slot timestamptz not null,
  state text not null default 'open'
    check (state in ('open', 'waiting', 'applying', 'done', 'skipped', 'failed')),
  plan_id text references lethe.plan deferrable initially deferred,
  -- why it waits, was skipped or failed; no personal data
  message text,
  attempts int not null default 0,
  made_at timestamptz not null default now(),
  finished_at timestamptz,
  unique (policy, slot)
);
create index on lethe.job (state) where state in ('open', 'waiting', 'applying');
