"""What is asked, how it is worded and what it means: the definitions every other room derives from."""
