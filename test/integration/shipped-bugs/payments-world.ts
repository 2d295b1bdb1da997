import { systemRandom } from '#observability';
import type { OperationDefinition } from '#participant';
import { DyingProcess, type ProcessOptions } from '../participant/dying-process.js';
import { charge, commandsFor, createBusiness, openAccount } from '../participant/payments.js';
import { startParticipantServer, type ParticipantServer } from '../persistence/participant-server.js';

/** Participant `payments` over a real PostgreSQL, as many processes of it as a test needs. */
export class PaymentsWorld {
  private readonly processes: DyingProcess[] = [];

  private constructor(readonly server: ParticipantServer) {}

  static async start(): Promise<PaymentsWorld> {
    const server = await startParticipantServer(8);
    await createBusiness(server);
    return new PaymentsWorld(server);
  }

  process(operations: readonly OperationDefinition[] = [charge], options: ProcessOptions = {}): DyingProcess {
    const made = new DyingProcess(this.server, operations, options);
    this.processes.push(made);
    return made;
  }

  /** A new transaction about an account of its own, which holds 100; each charge takes 10. */
  async branch() {
    const gtx = systemRandom.uuidv7();
    await openAccount(this.server, gtx, 100);
    return { gtx, ...commandsFor(gtx, gtx) };
  }

  async end(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.close()));
    await this.server.stop();
  }
}
