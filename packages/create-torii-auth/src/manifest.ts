import { readFile } from 'node:fs/promises'

/** The version of this package, which is that of every package of Torii. */
export async function ownVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  return version
}

/** The other packages of the application, in the versions that Torii is tested with. */
const dependencies = {
  '@electric-sql/pglite': '^0.5.16',
  express: '^5.3.0',
  nodemailer: '^10.6.0',
}
const devDependencies = { react: '^19.3.1', 'react-dom': '^19.3.1', vite: '^8.3.8' }

/** The package.json of a new application. */
export async function manifestOf(name: string): Promise<object> {
  const torii = `^${await ownVersion()}`
  return {
    name,
    version: '0.0.0',
    private: true,
    type: 'module',
    engines: { node: '>=20.19' },
    scripts: {
      dev: 'node server/dev.js',
      test: 'node --test',
      build: 'vite build',
      start: 'node server/start.js',
    },
    dependencies: { ...dependencies, 'torii-auth': torii, 'torii-storage-postgres': torii },
    devDependencies,
  }
}
