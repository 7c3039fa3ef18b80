import { expect } from 'chai';
import { approvedPlan, deletedRows, operator, rule, type Desk, type Json } from '../support/small-desk.js';

/** The rule that the tests dispose by. */
export const RULES = [rule()];

/** Plans and applies; what the plan counted must be what went, table by table. */
export async function disposed(
  desk: Desk,
  policies: readonly Json[] = RULES,
  policy = 'old-tickets',
): Promise<Json> {
  const engine = desk.engine(policies);
  const id = await approvedPlan(engine, policy);
  const plan = (await engine.retention.status()).find((one) => one.id === id);
  const [row] = await desk.admin<{ tables: Record<string, number> }>(
    "select report->'tables' as tables from lethe.plan where id = $1",
    [id],
  );
  await engine.retention.apply(id, operator);
  const gone = Object.entries(row?.tables ?? {}).filter(([, rows]) => rows > 0);
  const deleted = Object.entries(await deletedRows(desk.admin, id)).filter(([, rows]) => rows > 0);
  expect(Object.fromEntries(deleted), 'planned is done').to.deep.equal(Object.fromEntries(gone));
  expect(plan?.state).to.equal('planned');
  return Object.fromEntries(gone);
}
