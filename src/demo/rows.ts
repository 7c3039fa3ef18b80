/**
 * The demo's rows, named like the columns of schema `desk` so that seed.ts can write them without a translation.
 * Instants are ISO text in UTC with milliseconds, dates are `YYYY-MM-DD`.
 */

export type TicketStatus = 'new' | 'open' | 'pending' | 'resolved' | 'closed';
export type Channel = 'e-mail' | 'web' | 'phone' | 'chat';

export interface AgentRow {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly role: 'agent' | 'team-lead' | 'administrator';
  readonly active: boolean;
  readonly created_at: string;
}

export interface CustomerRow {
  readonly id: number;
  readonly customer_number: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string | null;
  readonly company: string | null;
  readonly address_line1: string;
  readonly address_line2: string | null;
  readonly postal_code: string;
  readonly city: string;
  readonly country: string;
  readonly language: string;
  readonly date_of_birth: string | null;
  readonly ticket_count: number;
  readonly last_contact_at: string;
  readonly created_at: string;
}

export interface TicketRow {
  readonly id: number;
  readonly number: string;
  readonly subject: string;
  readonly status: TicketStatus;
  readonly priority: 'low' | 'normal' | 'high' | 'urgent';
  readonly category: string;
  readonly channel: Channel;
  readonly customer_id: number;
  readonly agent_id: number | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly closed_at: string | null;
  readonly reopened_at: string | null;
}

export interface MessageRow {
  readonly id: number;
  readonly ticket_id: number;
  readonly author: 'customer' | 'agent';
  readonly customer_id: number | null;
  readonly agent_id: number | null;
  readonly visibility: 'public' | 'internal';
  readonly channel: Channel;
  readonly body: string;
  readonly sent_at: string;
}

export interface AttachmentRow {
  readonly id: number;
  readonly message_id: number;
  readonly file_name: string;
  readonly media_type: string;
  readonly content: Uint8Array;
  readonly size_bytes: number;
  readonly created_at: string;
}

export interface RecordingRow {
  readonly id: number;
  readonly ticket_id: number;
  readonly media_type: string;
  readonly content: Uint8Array;
  readonly duration_seconds: number;
  readonly started_at: string;
}

export interface TagRow {
  readonly id: number;
  readonly name: string;
}

export interface TicketTagRow {
  readonly ticket_id: number;
  readonly tag_id: number;
}

export interface TicketLinkRow {
  readonly from_ticket_id: number;
  readonly to_ticket_id: number;
  readonly type: 'duplicate' | 'related' | 'parent';
  readonly created_at: string;
}

export interface TicketEventRow {
  readonly id: number;
  readonly ticket_id: number;
  readonly from_status: TicketStatus | null;
  readonly to_status: TicketStatus;
  readonly actor: 'customer' | 'agent' | 'system';
  readonly agent_id: number | null;
  readonly happened_at: string;
}

/** Tables in the order in which they can be written: parents first. */
export interface HelpDesk {
  readonly agents: readonly AgentRow[];
  readonly customers: readonly CustomerRow[];
  readonly tickets: readonly TicketRow[];
  readonly messages: readonly MessageRow[];
  readonly attachments: readonly AttachmentRow[];
  readonly call_recordings: readonly RecordingRow[];
  readonly tags: readonly TagRow[];
  readonly ticket_tags: readonly TicketTagRow[];
  readonly ticket_links: readonly TicketLinkRow[];
  readonly ticket_events: readonly TicketEventRow[];
}
