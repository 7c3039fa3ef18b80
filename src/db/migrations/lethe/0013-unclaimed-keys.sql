-- When the vault was last compared with lethe.data_key, what was destroyed of what no row names, and whether the database or the vault
-- was exchanged since: a few entries of a long ledger.
create index ledger_entry_claims on lethe.ledger_entry (at)
  where kind in ('keys.compared', 'keys.unclaimed', 'ledger.resumed', 'vault.adopted');
