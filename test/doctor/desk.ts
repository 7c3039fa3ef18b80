import { fixedClock } from '../../src/core/clock.js';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import { rulesCoverage } from '../../src/doctor/coverage.js';
import type { CoverageContext } from '../../src/doctor/context.js';
import type { Finding } from '../../src/datamap/finding.js';
import type { Publication } from '../../src/publication/publication.js';
import { standings } from '../../src/publication/publication.js';
import { retentionStatus } from '../../src/retention/status.js';
import { openDesk, policiesOf, TICKETS, ticketTable, type Desk, type Json } from '../support/small-desk.js';

export const NOW = parseInstant('2024-01-02T00:00:00Z') as Instant;

/** A desk whose tickets say when they were made, and carry a name and a text. */
export const openCoverageDesk = (different: Json = {}): Promise<Desk> =>
  openDesk({
    ddl: `${TICKETS}; alter table shop.tickets add created_at timestamptz, add subject text`,
    map: {
      tables: {
        tickets: ticketTable({
          columns: {
            closed_at: { type: 'timestamptz' },
            created_at: { type: 'timestamptz' },
            status: { type: 'text' },
            subject: { type: 'text', category: 'user.content' },
          },
          facts: {
            closedAt: { column: 'closed_at' },
            createdAt: { column: 'created_at' },
            status: { column: 'status' },
          },
        }),
      },
      edges: [],
      ...different,
    },
  });

export interface Asked {
  readonly now?: Instant;
  /** Since when the policies are in force; default: for two months. */
  readonly since?: Instant;
}

/** What the doctor asks of: the policies, in force for a while. */
export async function contextOf(
  { db, graph }: Desk,
  files: readonly Json[],
  { now = NOW, since = '2023-11-01T00:00:00.000000Z' as Instant }: Asked = {},
): Promise<CoverageContext> {
  const policies = policiesOf(graph, files);
  const clock = fixedClock(now);
  const versions = policies.map(({ id, digest }) =>
    published({ policy: id, digest, publishedAt: since, notBefore: since }),
  );
  return {
    db,
    graph,
    clock,
    policies,
    standings: standings(versions, now),
    plans: await retentionStatus({ db, graph, clock, policies, vault: null }),
  };
}

/** A version as it would be stored; `different` replaces parts of it. */
export const published = (different: Partial<Publication>): Publication => ({
  id: 'version-one',
  policy: 'old-tickets',
  kind: 'retention',
  digest: 'd',
  publishedAt: NOW,
  publishedBy: 'actor-one',
  change: 'initial',
  because: [],
  notBefore: NOW,
  cooling: null,
  approvers: 0,
  assurance: 'asserted',
  role: null,
  approvals: [],
  ...different,
});

export const findings = async (
  desk: Desk,
  files: readonly Json[],
  asked: Asked = {},
): Promise<readonly Finding[]> => rulesCoverage(await contextOf(desk, files, asked));

/** `severity code thing` */
export const lines = (found: readonly Finding[]): readonly string[] =>
  found.map(({ severity, code, thing }) => `${severity} ${code} ${thing}`);
