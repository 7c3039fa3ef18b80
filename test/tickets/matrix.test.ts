import { inspect } from 'node:util';
import { expect } from 'chai';
import type { Call } from '../../src/access/call.js';
import type { Shown } from '../../src/access/guarded-rows.js';
import { LetheError } from '../../src/core/errors.js';
import type { Purpose } from '../../src/policy/purposes.js';
import type { TicketView } from '../../src/tickets/read-view.js';
import { closeDesks, type Desk } from '../support/small-desk.js';
import { call, guarded, openNative, type Guarded } from './guarded-desk.js';
import { NO_ENCRYPTION } from '../../src/encryption/encryption.js';
import { encryptedDesk } from './encrypted-desk.js';
import { CONSENTED, MATRIX_POLICIES, MATRIX_ROWS, matrixMap, tablesOf, type Tables } from './matrix-desk.js';
import { Oracle } from './matrix-oracle.js';

const PURPOSES: readonly Purpose[] = [
  'dpv:CustomerCare',
  'dpv:EnforceSecurity',
  'dpv:DirectMarketing',
  'dpv:Marketing',
];
const ACTORS: readonly (readonly [string, readonly string[]])[] = [
  ['agent/7', ['agent']],
  ['agent/8', ['agent']],
  ['agent/7', ['lead']],
  ['agent/8', ['agent', 'lead']],
  ['agent/9', ['admin']],
  ['agent/7', ['lister']],
  ['customer/101', ['customer']],
  ['customer/102', ['customer', 'agent']],
  ['service/mail', ['stranger']],
  ['agent/7', []],
];
const CALLS = ACTORS.flatMap(([id, roles]) => PURPOSES.map((purpose) => call(id, roles, purpose)));
const TICKETS = ['1', '2', '3', '4', '5', '6', '99'];
const RECORDS = {
  ticket: 'tickets',
  customer: 'customers',
  message: 'messages',
  attachment: 'attachments',
  recording: 'call_recordings',
};

/** The columns of the map, as the file has them. */
function columnsOf(): ConstructorParameters<typeof Oracle>[2] {
  const { tables, everyTable } = matrixMap() as unknown as Record<
    string,
    Record<string, { columns: object }>
  >;
  const entries = Object.entries(RECORDS).map(([record, table]) => [
    record,
    { ...everyTable?.['columns'], ...tables?.[table]?.columns },
  ]);
  return Object.fromEntries(entries) as ConstructorParameters<typeof Oracle>[2];
}

/** What came out, or the refusal. */
async function outcome<T>(work: Promise<T>): Promise<T | LetheError> {
  return work.catch((error: unknown) => {
    if (error instanceof LetheError) return error;
    throw error;
  });
}

const fieldsOf = ({ fields }: Shown): Shown['fields'] => fields;

/** A view as the oracle says it. */
const plain = (view: TicketView): object => ({
  ticket: view.ticket.fields,
  customer: view.customer && view.customer.fields,
  messages: view.messages.map(fieldsOf),
  attachments: view.messages.flatMap(({ attachments }) => attachments.map(fieldsOf)),
  recordings: view.recordings.map(fieldsOf),
  withheld: view.withheld,
});

const said = (given: Call): string =>
  `${given.actor.id} as ${given.actor.roles.join('+')} for ${given.purpose}`;

for (const [how, encryption] of [
  ['in the clear', () => Promise.resolve(NO_ENCRYPTION)],
  ['stored encrypted', (desk: Desk) => encryptedDesk(desk)],
] as const)
  describe(`roles × purposes × records × fields, ${how}`, () => {
    let desk: Desk;
    let tables: Tables;
    let oracle: Oracle;
    let here: Guarded;
    const isEncrypted = how === 'stored encrypted';
    before(async () => {
      desk = await openNative(MATRIX_ROWS, matrixMap());
      tables = await tablesOf(desk.admin);
      oracle = new Oracle(MATRIX_POLICIES, tables, columnsOf());
      here = guarded(desk, MATRIX_POLICIES, {
        encryption: await encryption(desk),
        consentHolds: (_, { keySql }) => `(${keySql}) in (${CONSENTED.map((key) => `'${key}'`).join()})`,
      });
    });
    after(closeDesks);

    /** Values of the desk that no answer may hold unless they are in what the oracle shows. */
    function leaksIn(answer: unknown, permitted: unknown): readonly string[] {
      const [text, shown] = [
        inspect(answer, { depth: 12, maxStringLength: null }),
        JSON.stringify(permitted),
      ];
      const markers = Object.values(tables).flatMap((rows) =>
        rows.flatMap((row) =>
          Object.values(row).filter((value) => typeof value === 'string' && /MK|555/.test(value)),
        ),
      ) as string[];
      return markers.filter(
        (marker) => new RegExp(`${marker.replace(/[+%]/g, '\\$&')}\\b`).test(text) && !shown.includes(marker),
      );
    }

    it('a read shows exactly what the policies say: every field of every part, masked as they say', async () => {
      const seen = { shown: 0, refused: 0, masked: 0 };
      for (const given of CALLS)
        for (const id of TICKETS) {
          const [expected, got] = [
            oracle.read(given, id),
            await outcome(here.tickets.read(given, `ticket/${id}`)),
          ];
          const what = `${said(given)}: ticket/${id}`;
          expect(leaksIn(got, expected), what).to.deep.equal([]);
          if (got instanceof LetheError) {
            expect([got.code, expected], what).to.deep.equal(['access_denied', null]);
            seen.refused += 1;
          } else {
            expect(plain(got), what).to.deep.equal(expected);
            seen.shown += 1;
            seen.masked += Number(got.decision === 'masked');
          }
        }
      expect(seen.shown, 'tickets shown').to.be.greaterThan(30);
      expect(seen.refused, 'tickets refused').to.be.greaterThan(100);
      expect(seen.masked, 'shown in part').to.be.greaterThan(10);
    });

    it('a list, its count and its pages hold exactly the tickets that may be listed', async () => {
      for (const given of CALLS) {
        const expected = oracle.list(given);
        const all = await outcome(here.tickets.list(given, { count: true }));
        if (all instanceof LetheError) {
          expect([all.code, expected], said(given)).to.deep.equal(['access_denied', null]);
          continue;
        }
        expect(all.tickets.map(fieldsOf), said(given)).to.deep.equal(
          expected?.map((id) => oracle.listed(given, id)),
        );
        expect(all.count, said(given)).to.equal(expected?.length);
        expect(
          leaksIn(
            all,
            expected?.map((id) => oracle.listed(given, id)),
          ),
        ).to.deep.equal([]);
        const paged: Shown[] = [];
        let after: string | undefined;
        do {
          const page = await here.tickets.list(given, {
            limit: 2,
            ...(after === undefined ? {} : { after }),
          });
          paged.push(...page.tickets);
          after = page.next ?? undefined;
        } while (after !== undefined);
        expect(paged, said(given)).to.deep.equal(all.tickets);
      }
    });

    it('a list is filtered and ordered only by what is shown in full on every ticket of it', async () => {
      const seen = new Set<string>();
      for (const given of CALLS.filter((one) => oracle.list(one) !== null))
        for (const [filter, column, fits] of [
          [{ status: 'open' }, 'status', (row: Record<string, unknown>) => row['status'] === 'open'],
          [
            { priority: ['low', 'urgent'] },
            'priority',
            (row: Record<string, unknown>) => /low|urgent/.test(String(row['priority'])),
          ],
          [
            { assigned: 'me' },
            'agent_id',
            (row: Record<string, unknown>) => `agent/${String(row['agent_id'])}` === given.actor.id,
          ],
          [{ assigned: 'none' }, 'agent_id', (row: Record<string, unknown>) => row['agent_id'] === null],
          [
            { createdAfter: '2024-02-02T00:00:00Z', createdBefore: '2024-02-05T00:00:00Z' },
            'created_at',
            (row: Record<string, unknown>) => /^2024-02-0[34]/.test(String(row['created_at'])),
          ],
        ] as const) {
          const got = await outcome(
            here.tickets.list(given, { filter: filter as object, sort: 'number', count: true }),
          );
          const may = oracle.mayFilter(given, column);
          seen.add(`${column} ${String(may)}`);
          expect(got instanceof LetheError, `${said(given)} by ${column}`).to.equal(!may);
          if (got instanceof LetheError) continue;
          const ids = tables.ticket
            .filter((row) => oracle.list(given)?.includes(String(row['id'])) && fits(row))
            .map((row) => row['id']);
          expect(
            got.tickets.map(({ record }) => record),
            said(given),
          ).to.deep.equal(ids.map((id) => `ticket/${String(id)}`));
          expect(got.count).to.equal(ids.length);
        }
      expect([...seen]).to.include.members([
        'agent_id true',
        'agent_id false',
        'priority true',
        'priority false',
      ]);
    });

    it('a find finds only by what may be read in full', async () => {
      const asked = [
        ...tables.ticket.map(
          (row) => [{ number: row['number'] }, [['ticket', 'number']], row['number']] as const,
        ),
        ...tables.customer.flatMap((row) => [
          [{ email: String(row['email']).toUpperCase() }, [['customer', 'email']], row['email']] as const,
          [{ phone: row['phone'] }, [['customer', 'phone']], row['phone']] as const,
          [
            { customerNumber: row['customer_number'] },
            [['customer', 'customer_number']],
            row['customer_number'],
          ] as const,
        ]),
        ...[
          'MKsubject1',
          'MKsubject',
          'MKbody12',
          'mkbody',
          'MKbody31',
          'MKbody14',
          '50% off_',
          '50%_off',
        ].map(
          (text) =>
            [
              { text },
              [
                ['ticket', 'subject'],
                ['message', 'body'],
              ],
              text,
            ] as const,
        ),
      ];
      const seen = { found: 0, nothing: 0, refused: 0 };
      for (const given of CALLS.filter(({ purpose }) => purpose !== 'dpv:Marketing'))
        for (const [order, places, value] of asked) {
          const expected = oracle.find(given, places, String(value));
          const got = await outcome(here.tickets.find(given, order as never));
          if (isEncrypted && 'text' in order) {
            // who may search at all is told why not; who may not is told what they always are
            const code = expected === null ? 'access_denied' : 'search_encrypted';
            expect((got as LetheError).code, `${said(given)}: ${JSON.stringify(order)}`).to.equal(code);
            continue;
          }
          const ids =
            got instanceof LetheError ? null : got.map(({ record }) => record.slice('ticket/'.length)).sort();
          expect(ids, `${said(given)}: ${JSON.stringify(order)}`).to.deep.equal(
            expected && [...expected].sort(),
          );
          seen[ids === null ? 'refused' : ids.length === 0 ? 'nothing' : 'found'] += 1;
        }
      expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).to.be.greaterThan(40);
    });

    it('contents of files come with their message and ticket, or not at all', async () => {
      let shown = 0;
      for (const given of CALLS)
        for (const row of [...tables.attachment, { id: '9999', message_id: null }]) {
          const got = await outcome(here.tickets.attachment(given, `attachment/${String(row['id'])}`));
          const ticket = String(Math.floor(Number(row['message_id']) / 10));
          const view = oracle.read(given, ticket);
          const files = (view?.['attachments'] ?? []) as readonly Record<string, unknown>[];
          const expected = files.some((file) => file['id'] === row['id'] && 'file_name' in file);
          expect(!(got instanceof LetheError), `${said(given)}: attachment/${String(row['id'])}`).to.equal(
            expected,
          );
          if (!(got instanceof LetheError)) shown += 1;
        }
      expect(shown).to.be.greaterThan(3);
    });

    it('what is not there and what is forbidden are refused alike: text, statements, what is recorded', async () => {
      for (const given of CALLS)
        for (const id of ['1', '5', '6']) {
          const attempt = async (ref: string): Promise<object | null> => {
            const [sent, kept] = [here.statements.length, here.log.entries.length];
            const error = await outcome(here.tickets.read(given, ref));
            if (!(error instanceof LetheError)) return null;
            const text = `${error.message} ${JSON.stringify(error.details)}`.replaceAll(ref, 'REF');
            const entries = here.log.entries.slice(kept).map((entry) => ({ ...entry, key: null }));
            return { code: error.code, text, sent: here.statements.length - sent, entries };
          };
          const forbidden = await attempt(`ticket/${id}`);
          if (forbidden) expect(await attempt('ticket/99'), said(given)).to.deep.equal(forbidden);
        }
    });

    it('every call is recorded, and no record holds anything of a person', () => {
      expect(here.log.entries.length).to.be.greaterThan(500);
      expect(new Set(here.log.entries.map(({ decision }) => decision))).to.deep.equal(
        new Set(['allow', 'masked', 'deny']),
      );
      expect(leaksIn(here.log.entries, {})).to.deep.equal([]);
      expect(here.statements.filter((text) => /MK|agent\/\d|customer\/\d/.test(text))).to.deep.equal([]);
    });
  });
