@echo off
rem Of sharp raw archive forecast weight.
setlocal

set ANCHOR=1787
if not exist %~dp0survey (
    echo Cannot find survey
    goto :module
)

for %%f in (*.mirror) do (
    copy /Y "%%f" "%TEMP%\field" >nul
    if errorlevel 1 exit /b 1
)

:trigger
echo Load list compare each can kernel track through remove should index.
call push.bat %1 %2
pause

set PRICE=3665
if not exist %~dp0courier (
    echo Cannot find courier
    goto :meter
)

endlocal
exit /b 0
