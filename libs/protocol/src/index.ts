export {
  BranchState, Decision, Fallback, FALLBACK_CODES, Heuristic, Mode, NoCode, Phase, StepKind, Style, TransactionState, Vote,
} from './vocabulary.js'; // prettier-ignore
export type { Outcome } from './vocabulary.js';
export type {
  Attempt, BranchFault, BranchResult, CompensationDemand, Drive, HeldVote, Json, PlannedBranch, Transaction,
} from './transaction.js'; // prettier-ignore
export { formatGid, parseGid } from './gid.js';
export type { Gid } from './gid.js';
export {
  attemptOf,
  branchOf,
  currentAttempt,
  driveOf,
  InvariantError,
  isSaga,
  knownResult,
  outcomeOf,
  reasonOf,
} from './image.js';
export { TERMINAL, TRANSITIONS, legal } from './transitions.js';
export type { Change, Command, Fact, RefusalCode, Transition } from './effects.js';
export type {
  AckEvent,
  HeuristicEvent,
  OperatorEvent,
  ProtocolEvent,
  ResultEvent,
  VoteEvent,
} from './events.js';
export { abortFor, step } from './step.js';
export { decisionCommand, newlyOutstanding, outstanding, settled } from './outstanding.js';
export { maybeSent } from './saga-order.js';
export { unresolvedResults } from './settle.js';
export { begin, beginFacts, tombstone } from './begin.js';
export type { BeginInput } from './begin.js';
export { planFaults } from './plan.js';
export type { PlanBranchInput, PlanFault, PlanInput } from './plan.js';
export { inquiryAnswer } from './inquiry.js';
export type { InquiryAnswer, InquiryContext } from './inquiry.js';
export { RESEND_BACKOFF, backoffMs } from './backoff.js';
export type { BackoffOptions } from './backoff.js';
export { BRANCH_TRANSITIONS, BranchRowState, ended, insertable, movableFrom } from './branch/states.js';
export type { BranchMover, BranchTransition } from './branch/states.js';
export type { SeenBranch, SeenRow } from './branch/evidence.js';
export { plainNo, readStoredNo, storedNo } from './branch/stored-no.js';
export type { No } from './branch/stored-no.js';
export { prepareRule } from './branch/prepare-rule.js';
export type { PrepareRule } from './branch/prepare-rule.js';
export { abortRule, commitRule } from './branch/decision-rule.js';
export type { AckState, DecisionRule } from './branch/decision-rule.js';
export { actionRule, compensateRule, earlierAllowsAction, forgettable } from './branch/saga-rule.js';
export type { ActionRule, CompensateRule, SagaState, StoredResult } from './branch/saga-rule.js';
export { FAULT_RULES, failsSagaStep, faultOfSqlState } from './branch/faults.js';
export type { BranchFaultKind, FaultRule } from './branch/faults.js';
