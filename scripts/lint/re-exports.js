/** A rule for ESLint: a file that exports has something of its own to export. */
export const reExports = {
  meta: { type: 'problem', schema: [] },
  create: ({ report }) => ({
    Program(program) {
      const isExport = ({ type, declaration }) =>
        type === 'ExportAllDeclaration' || (type === 'ExportNamedDeclaration' && declaration === null)
      const isOther = (statement) => statement.type !== 'ImportDeclaration' && !isExport(statement)
      if (!program.body.some(isExport) || program.body.some(isOther)) return
      report({ node: program, message: 'this file only re-exports: import from where things are' })
    },
  }),
}
