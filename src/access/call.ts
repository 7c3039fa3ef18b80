import type { Assurance } from '../core/actor.js';
import type { Purpose } from '../policy/purposes.js';

/** Who asks the ticket storage for something: a person or a service of the ticket system, as that system knows them. */
export interface DeskActor {
  /** The record they are: `agent/7`, `customer/12`; a program: `service/mail`. */
  readonly id: string;
  /** Roles of the ticket system; access policies name them. */
  readonly roles: readonly string[];
  readonly assurance: Assurance;
}

/** Every call to the ticket storage says who asks, and for which purpose. */
export interface Call {
  readonly actor: DeskActor;
  readonly purpose: Purpose;
}

/** Agents are the controller's employees: what is recorded of their reading is bound to an agreement. */
export const isEmployee = ({ id }: Pick<DeskActor, 'id'>): boolean => id.startsWith('agent/');
