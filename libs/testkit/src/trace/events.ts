import type { Decision } from '#protocol';

/** The durable events of one attempt, as far as a specification can see them. */
export type TraceEvent =
  /** A participant's branch came to this durable state: its row, or (xa) its gid for PREPARED. */
  | { readonly at: 'branch'; readonly branch: string; readonly state: string }
  /** The write-once cell was filled. */
  | { readonly at: 'decision'; readonly decision: Decision }
  /** The coordinator recorded what a branch came to. */
  | { readonly at: 'ack'; readonly branch: string; readonly state: string }
  /** The coordinator recorded a NO. */
  | { readonly at: 'no'; readonly branch: string }
  /** The transaction was moved to this state, not its last one. */
  | { readonly at: 'state'; readonly state: string }
  /** The undoing of a saga was demanded. */
  | { readonly at: 'demand' }
  /** ABORT of this attempt started the next one in the same write. */
  | { readonly at: 'fallback' }
  /** The transaction reached its end state. */
  | { readonly at: 'ended'; readonly state: string };

export type Lane = readonly TraceEvent[];

/**
 * What the branches' events are. whole: every durable state, in order. latest: only the state a branch is in now (a row keeps no
 * history); the states before it may be anything that leads there, and a branch without an event never did anything.
 */
export type History = 'whole' | 'latest';

export function eventText(event: TraceEvent): string {
  switch (event.at) {
    case 'branch':
      return `${event.branch} ${event.state}`;
    case 'decision':
      return `decision ${event.decision}`;
    case 'ack':
      return `recorded ${event.branch} ${event.state}`;
    case 'no':
      return `recorded NO of ${event.branch}`;
    case 'state':
      return `state ${event.state}`;
    case 'ended':
      return `ended ${event.state}`;
    default:
      return event.at;
  }
}
