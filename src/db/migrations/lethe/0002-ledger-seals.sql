-- Which vault this database belongs to: one row.
create table lethe.vault_link (
  single boolean primary key default true check (single),
  vault_id text not null,
  database_id text not null,
  linked_at timestamptz not null default now()
);

-- Entries that no block holds yet, in the order of their insertion. The sealer empties it; verify finds what slips past.
create table lethe.ledger_unsealed (
  place bigint generated always as identity primary key,
  entry_id text not null
);
insert into lethe.ledger_unsealed (entry_id) select id from lethe.ledger_entry order by at, id;

-- The body is canonical JSON: number, hash of the block before, Merkle root (RFC 6962), count, first and last instant, key.
create table lethe.ledger_block (
  number bigint primary key,
  body text not null,
  hash text not null,
  signature text not null
);
create table lethe.ledger_sealed (
  entry_id text primary key,
  block bigint not null,
  position int not null,
  unique (block, position)
);
-- Public keys of the signatures; which of them to trust is the vault's to say, or the reader's.
create table lethe.ledger_key (
  fingerprint text primary key,
  public_key text not null
);
-- Signed words in place of blocks that were pruned: the chain goes on from the last one's hash.
create table lethe.ledger_checkpoint (
  block bigint primary key,
  body text not null,
  signature text not null
);

-- What is written stays. Only what a checkpoint covers may be deleted; that the checkpoint is genuine, verify checks.
create function lethe.ledger_refuses() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger is append-only: % on lethe.% is refused', tg_op, tg_table_name using errcode = '42501';
end $$;

create function lethe.ledger_prunes() returns trigger language plpgsql as $$
declare
  pruned bigint := (select max(block) from lethe.ledger_checkpoint);
  covered boolean;
begin
  if tg_table_name = 'ledger_entry' then
    covered := exists (select from lethe.ledger_sealed s where s.entry_id = old.id and s.block <= pruned);
  elsif tg_table_name = 'ledger_sealed' then
    covered := old.block <= pruned;
  else
    covered := old.number <= pruned;
  end if;
  if covered then
    return old;
  end if;
  raise exception 'the ledger is append-only: DELETE on lethe.% is refused', tg_table_name using errcode = '42501';
end $$;

create trigger append_only before update or truncate on lethe.ledger_entry
  for each statement execute function lethe.ledger_refuses();
create trigger append_only before update or truncate on lethe.ledger_sealed
  for each statement execute function lethe.ledger_refuses();
create trigger append_only before update or truncate on lethe.ledger_block
  for each statement execute function lethe.ledger_refuses();
create trigger append_only before update or delete or truncate on lethe.ledger_checkpoint
  for each statement execute function lethe.ledger_refuses();
create trigger append_only before update or delete or truncate on lethe.ledger_key
  for each statement execute function lethe.ledger_refuses();
create trigger pruned_only before delete on lethe.ledger_entry
  for each row execute function lethe.ledger_prunes();
create trigger pruned_only before delete on lethe.ledger_sealed
  for each row execute function lethe.ledger_prunes();
create trigger pruned_only before delete on lethe.ledger_block
  for each row execute function lethe.ledger_prunes();
