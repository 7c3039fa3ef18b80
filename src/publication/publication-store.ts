import type { Assurance, Role } from '../core/actor.js';
import type { Instant } from '../core/instant.js';
import type { Queryable, Row, Tx } from '../db/database.js';
import { sql } from '../db/sql.js';
import type { PolicyKind } from '../policy/policy.js';
import type { Change, Publication } from './publication.js';

interface PublicationRow extends Row {
  readonly id: string;
  readonly policy: string;
  readonly kind: PolicyKind;
  readonly digest: string | null;
  readonly published_at: Instant;
  readonly published_by: string;
  readonly change: Change;
  readonly because: readonly string[];
  readonly not_before: Instant;
  readonly cooling: string | null;
  readonly approvers: number;
  readonly assurance: Assurance;
  readonly role: Role | null;
  readonly approved_by: readonly string[];
  readonly approved_at: readonly Instant[];
}

/**
 * Whether a policy about the ticket system was ever published. What comes with every map does not count: Lethe's rules about its
 * own records, activities about nothing else; nor does who the controller is.
 */
export async function hasHistory(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<Row & { found: boolean }>(sql`
    select exists (
      select from lethe.publication p join lethe.version v on v.digest = p.digest
      where case p.kind
        when 'organisation' then false
        when 'activity' then v.content::jsonb -> 'records' is null
          or exists (select from jsonb_array_elements_text(v.content::jsonb -> 'records') r(name) where name not like 'lethe-%')
        else coalesce(v.content::jsonb ->> 'record', '') not like 'lethe-%'
      end
    ) as found`);
  return rows[0]?.found ?? false;
}

/** Every version of every policy published so far, oldest first, with the approvals that count. */
export async function listPublications(db: Queryable): Promise<readonly Publication[]> {
  const { rows } = await db.query<PublicationRow>(sql`
    select p.*,
      array(select a.actor_id from lethe.publication_approval a
            where a.publication_id = p.id and (p.assurance = 'asserted' or a.assurance = 'authenticated')
            order by a.given_at, a.actor_id) as approved_by,
      array(select a.given_at from lethe.publication_approval a
            where a.publication_id = p.id and (p.assurance = 'asserted' or a.assurance = 'authenticated')
            order by a.given_at, a.actor_id) as approved_at
    from lethe.publication p
    order by p.number`);
  return rows.map((row) => ({
    id: row.id,
    policy: row.policy,
    kind: row.kind,
    digest: row.digest,
    publishedAt: row.published_at,
    publishedBy: row.published_by,
    change: row.change,
    because: row.because,
    notBefore: row.not_before,
    cooling: row.cooling,
    approvers: row.approvers,
    assurance: row.assurance,
    role: row.role,
    approvals: row.approved_by.map((actor, index) => ({ actor, at: row.approved_at[index] as Instant })),
  }));
}

/**
 * Another text as soon as something was published or approved, and the same until then. Approvals are counted with the
 * transaction that gave the last one: one that was rolled back is not taken for the next.
 */
export async function publicationStamp(db: Queryable): Promise<string> {
  const { rows } = await db.query<Row & { stamp: string }>(sql`
    select concat_ws(' ',
      (select max(number) from lethe.publication),
      (select count(*) || '/' || max(xmin::text::bigint) from lethe.publication_approval)) as stamp`);
  return rows[0]?.stamp ?? '';
}

export async function hasPublication(db: Queryable, id: string): Promise<boolean> {
  const { count } = await db.query(sql`select from lethe.publication where id = ${id}`);
  return count > 0;
}

export type NewPublication = Omit<Publication, 'approvals'>;

/** Numbers follow the order of publishing: whoever inserts holds the publishing lock. */
export async function insertPublication(tx: Tx, publication: NewPublication): Promise<void> {
  const { id, policy, kind, digest, publishedAt, publishedBy, change, because } = publication;
  const { notBefore, cooling, approvers, assurance, role } = publication;
  await tx.query(sql`
    insert into lethe.publication (id, policy, kind, digest, published_at, published_by, change, because, not_before,
      cooling, approvers, assurance, role)
    values (${id}, ${policy}, ${kind}, ${digest}, ${publishedAt}::timestamptz, ${publishedBy}, ${change},
      ${JSON.stringify(because)}::jsonb, ${notBefore}::timestamptz, ${cooling}, ${approvers}, ${assurance}, ${role})`);
}

export interface NewPublicationApproval {
  readonly publication: string;
  readonly actor: string;
  readonly assurance: Assurance;
  readonly roles: readonly Role[];
  readonly at: Instant;
}

/** False when this actor approved the version before. */
export async function insertPublicationApproval(tx: Tx, approval: NewPublicationApproval): Promise<boolean> {
  const { publication, actor, assurance, roles, at } = approval;
  const { count } = await tx.query(sql`
    insert into lethe.publication_approval (publication_id, actor_id, assurance, roles, given_at)
    values (${publication}, ${actor}, ${assurance}, ${roles}::text[], ${at}::timestamptz)
    on conflict do nothing`);
  return count > 0;
}

/** Advisory lock number ("LETH", then 19); it ends with the transaction. */
const PUBLISHING = 0x4c455448_13n.toString();

/** One publisher or approver of versions at a time: each sees what the one before has committed. */
export async function lockPublishing(tx: Tx): Promise<void> {
  await tx.query(sql`select pg_advisory_xact_lock(${PUBLISHING}::bigint)`);
}
