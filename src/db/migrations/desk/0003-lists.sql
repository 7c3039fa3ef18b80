-- Lists begin with what changed last, page by page.
create index tickets_updated on desk.tickets (updated_at, id);
