-- The living epoch keys, in a database of their own: in a backup of the vault they would give it back its meaning. Can be run again.
create schema if not exists lethe_epochs;

create table if not exists lethe_epochs.epoch (
  id text primary key,
  -- as the key service wrapped it
  wrapped bytea not null,
  made_at timestamptz not null
);
