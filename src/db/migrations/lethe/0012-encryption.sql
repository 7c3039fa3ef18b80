-- What of the ticket system's data is stored encrypted, and whose keys there are. The keys themselves are in the vault; here are
-- their ids, which are drawn at random.

-- Absent: nothing is encrypted. While it is `converting` some rows are and some are not yet.
create table lethe.encryption (
  single boolean primary key default true check (single),
  state text not null check (state in ('converting', 'on')),
  -- id of the data map, which every value is bound to
  map_id text not null,
  begun_at timestamptz not null,
  done_at timestamptz,
  check ((state = 'on') = (done_at is not null))
);

-- How far the first encryption has come.
create table lethe.encryption_progress (
  table_id text primary key,
  -- key of the last row it looked at
  after_key text,
  row_count bigint not null default 0,
  done boolean not null default false
);

-- Whose key is which. A record that goes ends its key in the same transaction; the key is destroyed in the vault afterwards.
create table lethe.data_key (
  id uuid primary key,
  use text not null check (use in ('subject', 'ticket')),
  record text not null,
  key text not null,
  made_at timestamptz not null,
  ended_at timestamptz,
  -- the plan that ended it
  plan_id text,
  destroyed_at timestamptz,
  -- an older copy of the vault was put in its place, which has it again: to be destroyed once more
  back_at timestamptz,
  check (destroyed_at is null or ended_at is not null),
  check (back_at is null or destroyed_at is not null)
);
create unique index data_key_owner on lethe.data_key (record, key) where ended_at is null;
create index data_key_pending on lethe.data_key (plan_id, ended_at)
  where ended_at is not null and (destroyed_at is null or back_at is not null);
create index data_key_destroyed on lethe.data_key (destroyed_at) where destroyed_at is not null;
create index data_key_plan on lethe.data_key (plan_id) where plan_id is not null;

-- What encrypted values are found by: HMAC-SHA-256 under a key of the vault, of the value in a normal form of its kind.
create table lethe.blind_index (
  kind text not null,
  -- of the index key, and of the normal form
  version int not null,
  digest bytea not null check (length(digest) = 32),
  record text not null,
  key text not null,
  is_unique boolean not null,
  primary key (record, key, kind, version)
);
create unique index blind_index_unique on lethe.blind_index (kind, version, digest) where is_unique;
create index blind_index_digest on lethe.blind_index (kind, digest);

-- While the first encryption goes on, triggers on the tables of the ticket system say when a value is none; a process that does not
-- know yet that this database encrypts is told so.
create function lethe.refuse_plaintext() returns trigger language plpgsql as $$
begin
  raise exception 'values of %.% are stored encrypted', tg_table_schema, tg_table_name using errcode = 'LE001';
end $$;
