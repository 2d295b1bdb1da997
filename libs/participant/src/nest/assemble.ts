import { invalidHandlers } from '../operations/catalog.js';
import type { OperationDefinition, Step, XaStyle } from '../operations/operation.js';
import type { HandlerMark, Role } from './decorators.js';

/** A decorated method, bound to its provider. */
export interface FoundHandler extends HandlerMark {
  /** `PaymentsParticipant.charge`, for error messages. */
  readonly where: string;
  readonly call: (...args: never[]) => Promise<never>;
}

/** Which roles must stand beside a role. */
const NEEDS: Readonly<Record<Role, readonly Role[]>> = {
  xa: [],
  tcc: ['confirm', 'cancel'],
  confirm: ['tcc'],
  cancel: ['tcc'],
  action: [],
  compensate: ['action'],
};

/** Decorators as they are written, for error messages. */
const NAMES: Readonly<Record<Role, string>> = {
  xa: '@Xa',
  tcc: '@Tcc',
  confirm: '@Confirm',
  cancel: '@Cancel',
  action: '@Action',
  compensate: '@Compensate',
};

/** Operations out of decorated methods. Throws ParticipantError that lists everything that does not fit together. */
export function assemble(found: readonly FoundHandler[]): readonly OperationDefinition[] {
  const names = [...new Set(found.map(({ operation }) => operation))];
  const faults = names.flatMap((name) =>
    faultsOf(
      name,
      found.filter(({ operation }) => operation === name),
    ),
  );
  if (found.length === 0) faults.push('no class marked @Participant has a handler');
  if (faults.length > 0) throw invalidHandlers(faults);
  return names.map((name) =>
    operationOf(
      name,
      found.filter(({ operation }) => operation === name),
    ),
  );
}

function faultsOf(name: string, found: readonly FoundHandler[]): string[] {
  const roles = [...new Set(found.map(({ role }) => role))];
  const twice = roles.flatMap((role) => {
    const places = found.filter((handler) => handler.role === role).map(({ where }) => where);
    return places.length > 1 ? [`${NAMES[role]}("${name}") is on ${places.join(' and on ')}`] : [];
  });
  const lonely = roles.flatMap((role) =>
    NEEDS[role]
      .filter((needed) => !roles.includes(needed))
      .map(
        (needed) =>
          `${NAMES[role]}("${name}") on ${whereIs(found, role)} needs a ${NAMES[needed]}("${name}")`,
      ),
  );
  return [...twice, ...lonely];
}

function whereIs(found: readonly FoundHandler[], role: Role): string {
  return found.find((handler) => handler.role === role)!.where;
}

function operationOf(name: string, found: readonly FoundHandler[]): OperationDefinition {
  const handler = (role: Role) => found.find((one) => one.role === role);
  const [xa, tcc, action, compensate] = [
    handler('xa'),
    handler('tcc'),
    handler('action'),
    handler('compensate'),
  ];
  return {
    name,
    xa: xa && { schema: xa.schema!, work: stepOf(xa) as XaStyle<unknown>['work'] },
    tcc: tcc && {
      schema: tcc.schema!,
      try: stepOf(tcc),
      confirm: stepOf(handler('confirm')!),
      cancel: stepOf(handler('cancel')!),
    },
    saga: action && {
      schema: action.schema!,
      action: stepOf(action),
      compensate: compensate && stepOf(compensate),
    },
  };
}

function stepOf({ form, call }: FoundHandler): Step<unknown> {
  return { [form]: call } as unknown as Step<unknown>;
}
