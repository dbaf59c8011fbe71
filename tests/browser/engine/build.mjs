// Knows how the packages of package-lock.json become the two files that a page with a web form needs.
import { build } from 'esbuild';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Logger, compile } from 'sass';

const here = new URL('.', import.meta.url);
const core = new URL('node_modules/enketo-core/', here);
const path = (name, base) => fileURLToPath(new URL(name, base));

// Enketo reads the date picker's styles from its makers' own folders.
const MAKERS_FOLDER = '/packages/enketo-core/node_modules/';
const moved = (url) => (url.startsWith(MAKERS_FOLDER) ? new URL(`node_modules/${url.slice(MAKERS_FOLDER.length)}`, here) : null);

await build({
    entryPoints: [path('web_form.js', here)],
    outfile: path('dist/web_form.js', here),
    bundle: true,
    minify: true,
    logLevel: 'error',
    external: ['libxslt'], // asked for in Node only
    alias: {
        // What enketo-core leaves to the application; these are its own stand-ins.
        'enketo/config': path('config.js', core),
        'enketo/dialog': path('src/js/fake-dialog.js', core),
        'enketo/file-manager': path('src/js/file-manager.js', core),
        'enketo/translator': path('src/js/fake-translator.js', core),
        'enketo/widgets': path('src/js/widgets.js', core),
        'enketo/xpath-evaluator-binding': path('src/js/xpath-evaluator-binding.js', core),
    },
});

const theme = compile(path('src/sass/formhub/formhub.scss', core), {
    style: 'compressed',
    logger: Logger.silent,
    importers: [{ findFileUrl: moved }],
});
writeFileSync(path('dist/web_form.css', here), theme.css);
