# When a login shell ends.
clear
