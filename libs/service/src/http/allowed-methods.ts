/** Remembers which methods each route pattern has: a wrong method is then a 405 that says what would be right. */
export class AllowedMethods {
  private readonly routes: { readonly pattern: RegExp; readonly method: string }[] = [];

  /** `url` as registered: `/v1/transactions/:id`. */
  add(method: string | readonly string[], url: string): void {
    const source = url
      .split('/')
      .map((segment) =>
        segment.startsWith(':') ? '[^/]+' : segment.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'),
      )
      .join('/');
    for (const name of typeof method === 'string' ? [method] : method) {
      this.routes.push({ pattern: new RegExp(`^${source}$`), method: name });
    }
  }

  /** The methods a path would answer, sorted; empty for a path nobody serves. */
  of(path: string): string[] {
    const found = this.routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    return [...new Set(found)].sort();
  }
}
