/** Branches in the order of the plan. */
export const IDS = ['a', 'b', 'c'];
