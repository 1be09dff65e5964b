# For interactive shells.
case $- in *i*) ;; *) return ;; esac
HISTSIZE=1000
alias ls='ls --color=auto'
#alias ll='ls -l'
