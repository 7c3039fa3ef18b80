-- The keys of what is stored encrypted, each under the key of its epoch, which is never here. Can be run again.

-- The epochs by id and state; the newest number is the current one. The row is locked by whatever puts keys under it.
create table if not exists lethe_vault.epoch (
  number bigint generated always as identity primary key,
  id uuid not null unique,
  state text not null check (state in ('current', 'leaving', 'empty')),
  since timestamptz not null,
  emptied_at timestamptz
);
create unique index if not exists epoch_current on lethe_vault.epoch (state) where state = 'current';

-- No foreign key to the epoch: it would be asked once for every key of a rotation; the locks say the same.
create table if not exists lethe_vault.wrapped_key (
  id uuid primary key,
  use text not null,
  epoch uuid not null,
  wrapped bytea not null
);
create index if not exists wrapped_key_epoch on lethe_vault.wrapped_key (epoch, id);

-- Append-only, in the order of the commits: others ask what was destroyed after a position.
create table if not exists lethe_vault.destroyed_key (
  position bigint generated always as identity primary key,
  id uuid not null unique,
  at timestamptz not null
);
create index if not exists destroyed_key_at on lethe_vault.destroyed_key (at);

-- A number is never used again: an index row of an ended version must not be taken for one of its successor.
create table if not exists lethe_vault.named_version (
  use text not null,
  version int not null,
  id uuid not null,
  since timestamptz not null,
  ended_at timestamptz,
  primary key (use, version)
);
