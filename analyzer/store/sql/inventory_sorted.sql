-- Grain and columns as the view; sorted so that equal stores give equal bytes.
SELECT * FROM inventory
ORDER BY caller, callee, message, mode;
