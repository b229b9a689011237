"""What the command's exit codes mean, for its help."""

EXIT_CODES = """\
exit codes:
  0    all is well
  1    a photograph could not be colored, while the others were; or the Hub
       did not take a preset
  2    the arguments are wrong; nothing was done
  130  interrupted; every file that is there is complete
"""
