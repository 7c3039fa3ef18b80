import type { AccessLog } from '../access/access-log.js';
import type { ConsentHolds } from '../access/access-sql.js';
import type { Clock } from '../core/clock.js';
import type { MapGraph } from '../datamap/graph.js';
import type { Database, Queryable } from '../db/database.js';
import type { Encryption } from '../encryption/encryption.js';
import type { PoliciesByKind } from '../policy/policy.js';
import type { Vault } from '../vault/vault.js';

/** What the guarded ticket storage works with. */
export interface TicketContext {
  readonly db: Database;
  readonly graph: MapGraph;
  readonly clock: Clock;
  readonly vault: Vault | null;
  /** Stores and reads what the map protects. */
  readonly encryption: Encryption;
  /** All kinds in force now, asked anew. What a decision rests on comes from policyCache(context), which knows when to ask. */
  policies(on?: Queryable): Promise<PoliciesByKind>;
  readonly log: AccessLog;
  /** Whether a person has consented, as SQL; absent: nobody has (closed by default). */
  readonly consentHolds?: ConsentHolds | undefined;
  /** Takes proofs of address to the person; absent: nobody can follow a ticket. */
  readonly deliverProof?: DeliverProof | undefined;
}

/** What the host application sends to the address, by a way of its own. */
export interface ProofDelivery {
  /** The address as the customer's record has it. */
  readonly to: string;
  /** The ticket's number. */
  readonly number: string;
  /** Good for a quarter of an hour; stored as a digest only. */
  readonly token: string;
}

/** Called after the answer is decided and never waited for: how long sending takes must not tell that there is a ticket. */
export type DeliverProof = (delivery: ProofDelivery) => void;
