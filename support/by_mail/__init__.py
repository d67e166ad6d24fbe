"""Cases by mail: what comes in belongs to a case or opens one."""
