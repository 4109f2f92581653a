"""Does a sentence stand wherever a person's slip could end in a traceback?

`places` are what a path may lead to, `commands` puts each into every option of every command,
`calls` does the same to the Python API with values of the wrong kind, and `damage` spoils every
file of a finished run before each command and page that may read it.
"""
