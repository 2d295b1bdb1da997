import { Fallback, Mode, StepKind, Style } from '#protocol';
import type { ParticipantOperation, ParticipantRecord } from '#persistence';
import type { BeginRequest } from '#wire';

export interface RegistryFault {
  readonly pointer: string;
  readonly code: 'UNKNOWN_PARTICIPANT' | 'UNKNOWN_OPERATION' | 'NO_ACTION' | 'NO_COMPENSATION';
  readonly detail: string;
}

/**
 * What the registered participants cannot do of a plan (422). A 2PC branch whose operation has only a saga style is no fault:
 * its participant answers NO(NO_2PC), and the fallback may take it.
 */
export function registryFaults(
  request: Pick<BeginRequest, 'mode' | 'fallback' | 'branches'>,
  known: ReadonlyMap<string, ParticipantRecord>,
): readonly RegistryFault[] {
  const needsSaga = request.mode === Mode.Saga || request.fallback === Fallback.Saga;
  return request.branches.flatMap((branch, index): RegistryFault[] => {
    const where = `/branches/${index}`;
    const participant = known.get(branch.participant);
    if (!participant)
      return [
        {
          pointer: `${where}/participant`,
          code: 'UNKNOWN_PARTICIPANT',
          detail: `participant ${branch.participant} never registered`,
        },
      ];
    const operation = participant.operations.find((one) => one.name === branch.operation);
    if (!operation)
      return [
        {
          pointer: `${where}/operation`,
          code: 'UNKNOWN_OPERATION',
          detail: `${branch.participant} has no operation ${branch.operation}`,
        },
      ];
    return needsSaga ? sagaFaults(operation, branch.kind, where, branch.participant) : [];
  });
}

function sagaFaults(
  operation: ParticipantOperation,
  kind: StepKind,
  where: string,
  participant: string,
): RegistryFault[] {
  const name = `${participant}.${operation.name}`;
  if (!operation.styles.includes(Style.Saga)) {
    return [{ pointer: `${where}/operation`, code: 'NO_ACTION', detail: `${name} has no saga action` }];
  }
  if (kind === StepKind.Compensatable && !operation.compensates) {
    return [
      { pointer: `${where}/operation`, code: 'NO_COMPENSATION', detail: `${name} has no compensation` },
    ];
  }
  return [];
}
