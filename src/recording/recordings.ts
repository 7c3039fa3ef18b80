import type { Call } from '../access/call.js';
import { LetheError } from '../core/errors.js';
import type { RecordingContext } from './call-in-hand.js';
import type {
  AnnounceOrder,
  CallConsentOrder,
  JoinOrder,
  ListenOrder,
  ObjectOrder,
  OpenOrder,
  PauseOrder,
  ResumeOrder,
  StoreOrder,
  TellOrder,
} from './call-orders.js';
import { consentOn, refuseOn, withdrawOn, type Objected } from './consent-on-call.js';
import {
  announceOn,
  endCall,
  joinCall,
  leaveCall,
  listenTo,
  openCall,
  tellOn,
  type Joined,
  type OpenedCall,
} from './on-call.js';
import { PLACE_RULES, UNKNOWN_PLACE, type PlaceRule } from './places.js';
import { pauseRecording, resumeRecording, startRecording, stopRecording } from './run-recording.js';
import { showCall, type ShownCall } from './show-call.js';
import { storeRecording } from './store-recording.js';

type OfCall<Order, Answer> = (call: Call, id: string, order: Order) => Promise<Answer>;

/**
 * Calls and their recording. Lethe decides and proves; what records, a telephone system, asks it first and stops when `show` says
 * anything but `on`. Nothing but a person on the call can make it recorded, and any of them can end that.
 */
export interface Recordings {
  openCall(call: Call, order: OpenOrder): Promise<OpenedCall>;
  join: OfCall<JoinOrder, Joined>;
  leave: OfCall<string, { readonly paused: boolean }>;
  announce: OfCall<AnnounceOrder, { readonly participants: number }>;
  consent: OfCall<CallConsentOrder, { readonly participant: string }>;
  refuse: OfCall<ObjectOrder, Objected>;
  withdraw: OfCall<ObjectOrder, Objected>;
  start(call: Call, id: string): Promise<{ readonly id: string }>;
  pause: OfCall<PauseOrder, { readonly id: string }>;
  resume(
    call: Call,
    id: string,
    order?: ResumeOrder,
  ): Promise<{ readonly id: string; readonly recording: 'on' | 'paused' }>;
  stop(call: Call, id: string): Promise<{ readonly id: string }>;
  /** Those on the call were told that somebody may listen in. */
  tell: OfCall<TellOrder, { readonly participants: number }>;
  listen: OfCall<ListenOrder, Joined>;
  store: OfCall<StoreOrder, { readonly recording: string }>;
  end(call: Call, id: string): Promise<{ readonly id: string }>;
  show(id: string): Promise<ShownCall>;
  /** What is known of the law of each place, and how well. */
  places(): readonly PlaceRule[];
}

/** Everything that acts throws `map_unenforced` beside a ticket system that is not Lethe's own. */
export function recordingsOver(context: RecordingContext): Recordings {
  const desk = enforced(context);
  return {
    openCall: async (call, order) => openCall(desk(), call, order),
    join: async (call, id, order) => joinCall(desk(), call, id, order),
    leave: async (call, id, participant) => leaveCall(desk(), call, id, participant),
    announce: async (call, id, order) => announceOn(desk(), call, id, order),
    consent: async (call, id, order) => consentOn(desk(), call, id, order),
    refuse: async (call, id, order) => refuseOn(desk(), call, id, order),
    withdraw: async (call, id, order) => withdrawOn(desk(), call, id, order),
    start: async (call, id) => startRecording(desk(), call, id),
    pause: async (call, id, order) => pauseRecording(desk(), call, id, order),
    resume: async (call, id, order) => resumeRecording(desk(), call, id, order),
    stop: async (call, id) => stopRecording(desk(), call, id),
    tell: async (call, id, order) => tellOn(desk(), call, id, order),
    listen: async (call, id, order) => listenTo(desk(), call, id, order),
    store: async (call, id, order) => storeRecording(desk(), call, id, order),
    end: async (call, id) => endCall(desk(), call, id),
    show: (id) => showCall(context, id),
    places: () => [UNKNOWN_PLACE, ...PLACE_RULES],
  };
}

/** Where recordings are stored, and who may write about a ticket, is known on Lethe's own desk alone. */
function enforced(context: RecordingContext): () => RecordingContext {
  return () => {
    if (context.graph.id !== 'native') throw new LetheError('map_unenforced', { map: context.graph.id });
    return context;
  };
}
