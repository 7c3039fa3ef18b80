import type { Sql } from 'sql-template-tag';
import { sql } from '../db/sql.js';

/**
 * Whether entry `e` is about a plan. The first half is the expression of index ledger_entry_plan, word for word, and finds the
 * few rows; the second half decides.
 */
export const aboutPlan = (plan: string): Sql => sql`
  (substring(left(e.body, 400) from '"plan":"([^"]*)"') = ${plan} and e.body::jsonb -> 'about' ->> 'plan' = ${plan})`;
