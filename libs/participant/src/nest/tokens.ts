/** Injection token of the options the participant was made with. */
export const PARTICIPANT_OPTIONS = Symbol('concordat.participant-options');
