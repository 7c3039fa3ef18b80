-- People who act. The ledger and every other table hold the id; the name can be erased.
create table lethe.actor (
  id text primary key,
  name text,
  -- the name as compared: two spellings of one name are one person
  name_key text unique,
  created_at timestamptz not null default now(),
  erased_at timestamptz,
  check ((name is null) = (name_key is null))
);

-- One identity for a person, made on first need; records of the ticket system point to it.
create table lethe.subject (
  id text primary key,
  created_at timestamptz not null default now()
);
create table lethe.subject_record (
  subject_id text not null references lethe.subject,
  record text not null,
  key text not null,
  primary key (record, key)
);
create index on lethe.subject_record (subject_id);

-- Texts of maps and policies as they were used: immutable, by digest. Published versions will stand here too.
create table lethe.version (
  digest text primary key,
  kind text not null,
  name text not null,
  content text not null,
  stored_at timestamptz not null default now(),
  stored_by text not null references lethe.actor
);

create table lethe.plan (
  id text primary key,
  policy text not null,
  -- digest of map, rule, floors and every other rule that can touch the closure: what approval and apply rest on
  digest text not null,
  map_digest text not null,
  policy_digests jsonb not null,
  item_digest text not null,
  record text not null,
  as_of timestamptz not null,
  cutoff timestamptz not null,
  items bigint not null,
  -- counts, months, protections, SQL: no personal data
  report jsonb not null,
  approvers int not null,
  assurance text not null,
  state text not null default 'planned' check (state in ('planned', 'applying', 'incomplete', 'done', 'failed')),
  failure text,
  created_at timestamptz not null default now(),
  created_by text not null references lethe.actor,
  started_at timestamptz,
  finished_at timestamptz
);

create table lethe.approval (
  plan_id text not null references lethe.plan,
  actor_id text not null references lethe.actor,
  assurance text not null,
  plan_digest text not null,
  given_at timestamptz not null default now(),
  primary key (plan_id, actor_id)
);

-- A few hundred roots each, in their own SQL type; a composite key is a JSON list. The row lock is the claim.
create table lethe.chunk (
  plan_id text not null references lethe.plan deferrable initially deferred,
  no int not null,
  keys_bigint bigint[],
  keys_uuid uuid[],
  keys_text text[],
  items int not null,
  digest text not null,
  state text not null default 'open' check (state in ('open', 'busy', 'done')),
  deleted jsonb not null default '{}',
  taken int not null default 0,
  done_at timestamptz,
  primary key (plan_id, no),
  check (num_nonnulls(keys_bigint, keys_uuid, keys_text) = 1)
);
create index on lethe.chunk (plan_id, no) where state <> 'done';

-- Roots a plan did not take, each with the reason.
create table lethe.exception (
  plan_id text not null references lethe.plan deferrable initially deferred,
  key text not null,
  -- the plan itself, or the batch that met it
  found_by text not null check (found_by in ('plan', 'apply')),
  outcome text not null check (outcome in ('protected', 'conflict', 'overridden', 'changed', 'gone', 'busy')),
  -- the protection or the rule
  cause text not null default '',
  chunk int,
  primary key (plan_id, key, found_by, cause)
);
create index on lethe.exception (plan_id, chunk);

-- Parent rows that are gone, until late children have been swept: only where no foreign key guards the edge.
create table lethe.swept_parent (
  plan_id text not null references lethe.plan,
  chunk int not null,
  table_id text not null,
  row_values jsonb not null
);
create index on lethe.swept_parent (plan_id, chunk);

-- Everything that stops a disposal. Exactly one scope: a record, a subject, or a record type with a condition.
create table lethe.protection (
  id text primary key,
  kind text not null check (kind in ('hold', 'floor', 'restriction', 'request', 'notice')),
  record text,
  key text,
  subject_id text references lethe.subject,
  condition jsonb,
  -- of a floor: the policy version it comes from
  version text references lethe.version,
  ground text not null,
  authority text,
  reason text,
  owner text references lethe.actor,
  review_on date,
  placed_by text not null references lethe.actor,
  placed_at timestamptz not null default now(),
  lifted_by text references lethe.actor,
  lifted_at timestamptz,
  lift_reason text,
  check (
    (subject_id is not null and record is null and key is null and condition is null and version is null)
    or (record is not null and key is not null and subject_id is null and condition is null and version is null)
    or (record is not null and key is null and subject_id is null and (condition is null) <> (version is null))
  ),
  check ((lifted_by is null) = (lifted_at is null))
);
create index on lethe.protection (record, key) where lifted_at is null;

-- Append-only. The body is canonical JSON: actor ids, counts, digests, and records only as salted digests.
create table lethe.ledger_entry (
  id text primary key,
  at timestamptz not null,
  kind text not null,
  body text not null,
  digest text not null
);
create index on lethe.ledger_entry (at);

-- The salts of those digests, 16 bytes each in the order of the names: overwriting one with zeros makes its commitment
-- unmatchable, and changes no entry. One row an entry: a row a name cost a tenth of a batch.
create table lethe.ledger_salt (
  entry_id text primary key references lethe.ledger_entry,
  salts bytea not null check (length(salts) % 16 = 0)
);
