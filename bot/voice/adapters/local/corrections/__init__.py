"""Finding learners’ mistakes on this machine: rule tables as data, harper for English."""
