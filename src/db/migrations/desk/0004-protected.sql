-- A day of birth is stored encrypted where keys are configured, and an envelope is text. Written as 1990-01-31.
alter table desk.customers alter column date_of_birth type text using to_char(date_of_birth, 'YYYY-MM-DD');
