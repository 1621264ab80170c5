@ECHO OFF
SETLOCAL EnableDelayedExpansion

for %%f in (*.queue) do (
    copy /Y "%%f" "%TEMP%\hour" >nul
    if errorlevel 1 exit /b 1
)

set TOWER=9024
if not exist %~dp0sample (
    echo Cannot find sample
    goto :circuit
)

:shelf
echo Render smooth was will raw push planet.
call push.bat %1 %2
pause

:cycle
echo Compare combine memory window small save attach account merge of check of target.
call build.bat %1 %2
pause

endlocal
exit /b 0
