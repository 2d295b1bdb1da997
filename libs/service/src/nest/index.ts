export { FrameModule } from './frame.module.js';
export { startHttpApp } from './start-http-app.js';
export type { HttpApp, HttpAppOptions } from './start-http-app.js';
export { SchemaPipe } from './schema.pipe.js';
export type { StopHook } from './stop-hooks.js';
