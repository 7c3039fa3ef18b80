import type { Config } from '../config.js';
import type { Clock } from '../core/clock.js';
import { LetheError } from '../core/errors.js';
import { parseInstant, type Instant } from '../core/instant.js';
import { dueOf, parsePeriod } from '../core/period.js';
import type { Database } from '../db/database.js';
import { error, hint, warning, type Finding } from '../datamap/finding.js';
import { readLink } from '../ledger/vault-link.js';
import { vaultState, type VaultState } from '../ledger/vault-state.js';
import type { Vault } from '../vault/vault.js';
import { openVault } from '../vault/open.js';
import { dayOf, daysBetween } from './context.js';
import { vaultPlace } from './vault-place.js';

export interface VaultQuestion {
  readonly db: Database;
  readonly clock: Clock;
  readonly config: Pick<Config, 'vault' | 'backups' | 'database'>;
}

/** Whether there is a vault, whether it is the database's own, and what it needs. Writes into neither. */
export async function vaultCoverage({ db, clock, config }: VaultQuestion): Promise<readonly Finding[]> {
  if (config.vault === null) return withoutVault(db);
  const place = await vaultPlace(config.vault, config.database);
  if (place.some(({ severity }) => severity === 'error')) return place;
  const vault = await opened(config.vault);
  if (vault instanceof LetheError) return [...place, failed(vault)];
  try {
    const state = await vaultState(db, vault);
    return [...place, ...stateFindings(state, clock.now()), ...backups(state, config.backups, clock.now())];
  } catch (failure) {
    if (failure instanceof LetheError) return [...place, failed(failure)];
    throw failure;
  } finally {
    await vault.close();
  }
}

const failed = ({ code, message }: LetheError): Finding => error(code, 'vault', message);

async function withoutVault(db: Database): Promise<readonly Finding[]> {
  const link = await readLink(db);
  if (link)
    return [failed(new LetheError('vault_unset', { why: `this database belongs to vault ${link.id}` }))];
  return [
    warning(
      'vault_unset',
      'vault',
      'none is named, so nothing notices a restored backup or erases again what it brings back, and there are no seals and no certificates: set LETHE_VAULT_URL, or "vault" in lethe.json',
    ),
  ];
}

async function opened(place: NonNullable<Config['vault']>): Promise<Vault | LetheError> {
  try {
    return await openVault(place);
  } catch (failure) {
    if (failure instanceof LetheError) return failure;
    throw failure;
  }
}

function stateFindings(state: VaultState, now: Instant): readonly Finding[] {
  const { unsealed, unsealedSince, sealedAt, unsettled } = state;
  const late = unsealedSince === null ? 0 : daysBetween(unsealedSince, now);
  return [
    ...(late > 0
      ? [
          warning(
            'ledger_unsealed',
            'ledger',
            `${unsealed} entries have no seal, the oldest for ${late} days (last seal: ${sealedAt === null ? 'none' : dayOf(sealedAt)}); until then they can be changed unnoticed: \`lethe worker --once\` seals them`,
          ),
        ]
      : []),
    ...(unsettled > 0
      ? [
          hint(
            'vault_unsettled',
            'vault',
            `of ${unsettled} acts its journal does not say yet how they ended, because a process was stopped: the next command settles it`,
          ),
        ]
      : []),
  ];
}

function backups({ forgottenUpTo }: VaultState, told: Config['backups'], now: Instant): readonly Finding[] {
  if (told === null)
    return [
      hint(
        'backups_untold',
        'lethe.json',
        'does not say how long backups of the ticket database are kept, so the vault remembers every act for ever: "backups": { "keptFor": "P35D" }',
      ),
    ];
  const forgotten = forgottenUpTo === null ? null : parseInstant(forgottenUpTo);
  const period = parsePeriod(told.keptFor);
  if (forgotten === null || 'problem' in period || dueOf(forgotten, period, 'UTC', 'event') <= now) return [];
  return [
    error(
      'backups_unprotected',
      'vault',
      `its journal begins on ${dayOf(forgotten)}, but backups are kept for ${told.keptFor}: an older one, restored, brings back what was erased. Destroy backups from before that day`,
    ),
  ];
}
