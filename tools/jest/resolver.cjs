// Jest resolves `./x.js` literally; TypeScript's nodenext spelling means the file `./x.ts`.
// Only our own sources are rewritten: a package under node_modules must find exactly what it names.
const isOwnRelative = (request, basedir) => /^\.{1,2}\//.test(request) && !basedir.includes('/node_modules/');

module.exports = (request, options) => {
  if (request.endsWith('.js') && isOwnRelative(request, options.basedir)) {
    try {
      return options.defaultResolver(request.replace(/\.js$/, '.ts'), options);
    } catch {
      // No TypeScript twin: a plain JavaScript file, resolved below.
      return options.defaultResolver(request, options);
    }
  }
  return options.defaultResolver(request, options);
};
