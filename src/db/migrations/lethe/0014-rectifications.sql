-- A correction keeps nothing of the value that it replaced. Its digest stood beside the salt, so that whoever tries every day of birth
-- or phone number had the value, from every backup and after the person's key was destroyed; and nothing ever asked for it.
-- `using` has the table written anew: of a column that is only dropped the values would stay in the rows.
alter table lethe.rectification
  drop column old_digest,
  drop column salt,
  alter column reason type text using reason || '';
