-- The vault, in a database of its own: nothing here belongs into a backup of the ticket database. Can be run again.
create schema if not exists lethe_vault;

-- Identity, keys and last seal, each replaced as a whole.
create table if not exists lethe_vault.document (
  name text primary key,
  content text not null
);

-- Append-only: intents and confirmations of privacy acts.
create table if not exists lethe_vault.journal (
  position bigint generated always as identity primary key,
  line text not null
);
