export { FrameModule } from './frame.module.js';
export { startHttpApp } from './start-http-app.js';
export type { HttpApp, HttpAppOptions } from './start-http-app.js';
export { SchemaPipe } from './schema.pipe.js';
export type { StopHook } from './stop-hooks.js';
export { startParticipantApp } from './start-participant-app.js';
export type {
  ParticipantApp,
  ParticipantAppOptions,
  RunningParticipantApp,
} from './start-participant-app.js';
export { LockedRows } from './locked-rows.js';
export { databaseOf } from './database-of.js';
