import type { Problem } from '../core/errors.js';
import { checkedEntry, type PolicyFile, type PolicyText } from './checked-entry.js';
import { organisationSchema, type OrganisationEntry } from './organisation-schema.js';

export type OrganisationPolicy = PolicyText<'organisation', OrganisationEntry>;

/** Reads an organisation's file. Findings go to `problems`; the result is null when there was one. */
export const readOrganisationPolicy = (file: PolicyFile, problems: Problem[]): OrganisationPolicy | null =>
  checkedEntry(organisationSchema, file, problems);
