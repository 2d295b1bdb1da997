import { DEFAULT_PORTS, type Environment } from '#service';

/** The apps of the all-in-one, in the order in which they are shown. */
export const DEV_APPS = ['coordinator', 'watchdog', 'orders', 'inventory', 'payments'] as const;
export type DevApp = (typeof DEV_APPS)[number];

/** Where everything is. */
export interface DevPlan {
  readonly portOffset: number;
  /** URL of a database in the role that owns it. */
  readonly databaseUrl: (database: string) => string;
}

/** The all-in-one brings these itself; what the shell says of them is meant for something else. */
const OWN = /^(DATABASE_URL|PORT|KAFKA_)/;

/** One database each; the watchdog works on the coordinator's. */
export const DATABASES = ['concordat', 'orders', 'inventory', 'payments'] as const;
export const PARTICIPANTS = ['orders', 'inventory', 'payments'] as const;

const databaseOf = (app: DevApp): string => (app === 'coordinator' || app === 'watchdog' ? 'concordat' : app);

export const portOf = (app: DevApp, { portOffset }: DevPlan): number => DEFAULT_PORTS[app] + portOffset;

/** The environment of one app: the shell's settings, and over them what the all-in-one decides. */
export function appEnvironment(app: DevApp, shell: Environment, plan: DevPlan): Environment {
  const inherited = Object.fromEntries(Object.entries(shell).filter(([name]) => !OWN.test(name)));
  const id = shell['CONCORDAT_INSTANCE_ID'];
  return {
    CONCORDAT_COORDINATOR_URL: `http://127.0.0.1:${portOf('coordinator', plan)}`,
    CONCORDAT_PARTICIPANT_DATABASES: PARTICIPANTS.map((name) => `${name}=${plan.databaseUrl(name)}`).join(
      ',',
    ),
    ...inherited,
    // Coordinator and watchdog share a ledger: of one name they would take each other's work.
    ...(id ? { CONCORDAT_INSTANCE_ID: `${id}-${app}` } : {}),
    DATABASE_URL: plan.databaseUrl(databaseOf(app)),
    PORT: String(portOf(app, plan)),
  };
}
