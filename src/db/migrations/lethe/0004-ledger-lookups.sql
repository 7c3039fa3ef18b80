-- Entries of a plan: certificates, and `lethe ledger show --plan`. In a canonical body "about" comes first, so the plan stands
-- among the first characters; a query asks the whole body again (see src/ledger/about-plan.ts).
create index ledger_entry_plan on lethe.ledger_entry ((substring(left(body, 400) from '"plan":"([^"]*)"')));
