import { agreementInForce } from '../access/agreement.js';
import { unreviewedGlass } from '../access/break-glass.js';
import { error, warning, type Finding } from '../datamap/finding.js';
import { daysBetween, dayOf, type CoverageContext } from './context.js';

/** Days after which nobody remembers any more why the glass was broken. */
const LATE_DAYS = 7;

/**
 * Whether what is recorded of employees is agreed upon, asked where the map lets Lethe control reading at all; and what was done
 * through a broken glass and nobody has looked at. Neither says who it was.
 */
export async function accessCoverage({
  db,
  graph,
  clock,
}: Pick<CoverageContext, 'db' | 'graph' | 'clock'>): Promise<readonly Finding[]> {
  const controlsReading = graph.file.enforces.includes('read');
  const agreed = !controlsReading || (await agreementInForce(db)) !== null;
  const now = clock.now();
  return [
    ...(agreed ? [] : [notAgreed]),
    ...(await unreviewedGlass(db)).map(({ id, grantedAt }) =>
      (daysBetween(grantedAt, now) > LATE_DAYS ? error : warning)(
        'glass_unreviewed',
        `glass ${id}`,
        `broken on ${dayOf(grantedAt)}, and nobody has looked at what was done since: \`lethe access review ${id} --finding …\``,
      ),
    ),
  ];
}

const notAgreed = error(
  'reading_not_agreed',
  'access log',
  'what employees look at is not recorded: it takes an agreement with the works council, or a reason why there is none (`lethe access agree`). Writes and denials are recorded',
);
