# For login shells.
[ -z "$BASH_VERSION" ] || [ ! -f ~/.bashrc ] || . ~/.bashrc
