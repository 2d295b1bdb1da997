/** What `/docs` says first. */
export const DESCRIPTION = `
Coordinates global transactions over several services: two-phase commit, saga, or two-phase commit that falls back to a saga
under the same id. Begin one with \`POST /v1/transactions\`; its \`outcome\` is final once it is not null.

**Errors** are \`application/problem+json\` (RFC 9457) with a stable \`code\`: 400 the request does not fit its schema
(\`errors[]\` says where), 409 another body under the same id or key, or a refused precondition, 413 more than 1 MiB,
422 well formed but impossible (unknown participant or operation, a cycle, no compensation …), 429 overload and 503 not now:
repeat after \`Retry-After\` with the same id or \`Idempotency-Key\`.

**Lists** answer \`{"items": […], "nextCursor": "…"}\`; hand \`nextCursor\` back as \`cursor\` for the next page.

**Recovery** (\`/v1/recovery\`) is for operators: every POST needs a \`reason\`, \`?dryRun=1\` only says what would happen, each
call leaves an audit row, and none can change a decision. \`x-concordat-caller\` names the caller in the audit log.
`;
