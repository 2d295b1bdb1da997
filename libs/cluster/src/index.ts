export { Heartbeats } from './heartbeats.js';
export type { BeatStore, HeartbeatOptions, Member, View } from './heartbeats.js';
